// Maps as numbers again: one limit per sample, and a viewer that wipes between a picture and maps, by sign and percentile.
for (const gallery of document.querySelectorAll("#gallery")) {
  const palette = gallery.dataset.palette.match(/.{6}/g);
  const places = new Map(palette.map((colour, place) => [parseInt(colour, 16), (place - 127) / 127]));
  const colours = palette.map((colour) => [0, 2, 4].map((start) => parseInt(colour.slice(start, start + 2), 16)));
  const known = new WeakMap();
  const pixels = (image) => {
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
  // Of a map, its values in units of its own limit, from -1 to 1.
  const values = (image) => {
    if (!known.has(image)) {
      const { data, width, height } = pixels(image);
      const found = new Float32Array(width * height);
      for (let i = 0; i < found.length; i++) {
        found[i] = places.get((data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2]) ?? 0;
      }
      known.set(image, { found, width, height });
    }
    return known.get(image);
  };
  // A browser shows a picture that lies beside a page on disk, and lets no script read it: it is drawn as it is.
  const readable = (image) => {
    try { values(image); return true; } catch { return false; }
  };
  const painted = (image, gain = 1, sign = 0) => {
    const canvas = document.createElement("canvas");
    if (!readable(image)) {
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas;
    }
    const { found, width, height } = values(image);
    [canvas.width, canvas.height] = [width, height];
    const drawn = new ImageData(width, height);
    found.forEach((value, i) => {
      const kept = sign * value < 0 ? 0 : Math.max(-1, Math.min(1, value * gain));
      drawn.data.set([...colours[Math.round(kept * 127) + 127], 255], 4 * i);
    });
    canvas.getContext("2d").putImageData(drawn, 0, 0);
    return canvas;
  };
  const percentile = (image, share) => {
    if (!readable(image)) return 1;
    const sizes = [...values(image).found].map(Math.abs).sort((a, b) => a - b);
    return sizes[Math.min(sizes.length - 1, Math.floor(share / 100 * sizes.length))];
  };

  const toggle = gallery.querySelector("#one-limit");
  toggle.hidden = gallery.querySelector("label[for=one-limit]").hidden = false;
  toggle.addEventListener("change", () => {
    gallery.querySelectorAll(".map").forEach((map) => {
      const image = map.querySelector("img");
      if (!image || !(image.complete && readable(image))) return;
      const note = map.querySelector(".limit");
      note.dataset.own ??= note.textContent;
      image.dataset.own ??= image.src;
      const shared = Number(map.closest(".sample").dataset.shared);
      if (!toggle.checked) {
        image.src = image.dataset.own;
        note.textContent = note.dataset.own;
        return;
      }
      image.src = painted(image, shared ? Number(map.dataset.limit) / shared : 0).toDataURL();
      note.textContent = `±${Number(shared.toPrecision(3))}`;
    });
  });

  const viewer = document.createElement("dialog");
  viewer.className = "viewer";
  viewer.innerHTML = `<header><span class="title"></span><button type="button" class="close">Close</button></header>
<div class="stage"></div>
<div class="tools"><select aria-label="left"></select><input type="range" min="0" max="100" value="50" aria-label="wipe"><select aria-label="right"></select></div>
<div class="tools"><label>sign <select aria-label="sign"><option value="0">both</option><option value="1">raises</option><option value="-1">lowers</option></select></label>
<label>scale ends at percentile <input type="number" min="50" max="100" value="100" step="1" aria-label="percentile"></label>
<label>channel <select aria-label="channel"></select></label>
<label><input type="checkbox" class="on"> over the picture</label></div>
<p class="whole" role="status"></p>`;
  document.body.append(viewer);
  const part = (selector) => viewer.querySelector(selector);
  const [left, right] = [part("[aria-label=left]"), part("[aria-label=right]")];
  const wipe = part("[aria-label=wipe]"), sign = part("[aria-label=sign]"), ends = part("[aria-label=percentile]");
  const on = part(".on"), stage = part(".stage"), channel = part("[aria-label=channel]");
  let sample = null;
  const loaded = async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    return image;
  };
  const split = (element) => (element.dataset.channels ?? "").split(" ").filter(Boolean);
  // One channel of a grey or colour photo, as a grey picture; a photo that no script may read stays as it is.
  const grey = (image, place) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    if (place < 0 || split(sample).length || !readable(image)) return canvas;
    const drawn = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < drawn.data.length; i += 4) drawn.data.fill(drawn.data[i + place], i, i + 3);
    context.putImageData(drawn, 0, 0);
    return canvas;
  };
  const photo = () => /url\("?(.*?)"?\)/.exec(sample.style.getPropertyValue("--photo"))?.[1];
  const layer = async (name) => {
    const map = [...sample.querySelectorAll(".map")].find((one) => one.dataset.name === name);
    const place = Number(channel.value) - 1;
    const behind = photo() ? grey(await loaded(split(sample)[place] ?? photo()), place) : document.createElement("canvas");
    if (!map) return behind;
    const shown = map.querySelector("img");
    const channels = await Promise.all((place < 0 ? [] : split(map)).map(loaded));
    const own = channels[place] ?? await loaded(shown.dataset.own ?? shown.src);
    const limit = Math.max(...[own, ...channels].map((image) => percentile(image, Number(ends.value))));
    const drawn = painted(own, limit > 0 ? 1 / limit : 1, Number(sign.value));
    if (!on.checked || !photo()) return drawn;
    const canvas = document.createElement("canvas");
    const side = Math.max(behind.width, drawn.width);
    [canvas.width, canvas.height] = [side, Math.round(side * drawn.height / drawn.width)];
    const context = canvas.getContext("2d");
    context.filter = "grayscale(1)";
    context.drawImage(behind, 0, 0, canvas.width, canvas.height);
    context.filter = "none";
    context.globalCompositeOperation = "multiply";
    context.imageSmoothingEnabled = false;
    context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
    return canvas;
  };
  const cut = () => {
    const share = Number(wipe.value);
    const over = stage.querySelector("canvas + canvas"), edge = stage.querySelector(".edge");
    if (over) over.style.clipPath = `inset(0 0 0 ${share}%)`;
    if (edge) edge.style.left = `calc(${share}% - 1px)`;
  };
  const show = async () => {
    const layers = [await layer(left.value), await layer(right.value)];
    const shape = layers[1].width / layers[1].height;
    const height = Math.min(innerHeight * 0.6, Math.min(part("header").clientWidth, 700) / shape);
    stage.style.height = `${height}px`;
    stage.style.width = `${height * shape}px`;
    layers.forEach((canvas) => { canvas.style.imageRendering = canvas.width < 64 ? "pixelated" : "auto"; });
    const edge = document.createElement("span");
    edge.className = "edge";
    stage.replaceChildren(...layers, edge);
    cut();
    const whole = (name) => Number(channel.value) && name !== "picture" && !split(maps().get(name)).length;
    part(".whole").textContent = [...new Set([left.value, right.value])].filter(whole)
      .map((name) => `${name} has one value per place, for all channels.`).join(" ");
    const chosen = [walls().indexOf(sample), left.value, right.value, Number(channel.value)];
    pageState.state.set("map", JSON.stringify(chosen));
    pageState.keep();
  };
  const walls = () => [...gallery.querySelectorAll(".sample")];
  const maps = () => new Map([...sample.querySelectorAll(".map")].filter((map) => map.querySelector("img")).map((map) => [map.dataset.name, map]));
  const open = (which, first, second, third = 0) => {
    sample = which;
    const names = ["picture", ...maps().keys()];
    const count = Number(sample.dataset.count);
    const offered = count > 1 ? [...Array(Math.min(count, 8)).keys()].map((place) => place + 1) : [];
    channel.replaceChildren(new Option("all", 0), ...offered.map((place) => new Option(`${place} of ${count}`, place)));
    channel.value = offered.includes(third) ? third : 0;
    channel.parentElement.hidden = !offered.length;
    [left, right].forEach((select) => select.replaceChildren(...names.map((name) => new Option(name))));
    left.value = names.includes(first) ? first : "picture";
    right.value = names.includes(second) ? second : names[names.length - 1];
    part(".title").textContent = `${sample.dataset.id} · ${sample.querySelector(".classes").textContent.trim()}`;
    if (!viewer.open) viewer.showModal();
    show();
  };
  [left, right, sign, ends, channel, on].forEach((control) => control.addEventListener("change", show));
  wipe.addEventListener("input", cut);
  part(".close").addEventListener("click", () => viewer.close());
  viewer.addEventListener("close", () => { pageState.state.delete("map"); pageState.keep(); });
  gallery.querySelectorAll(".map").forEach((map) => {
    const tile = map.querySelector(".tile");
    if (!tile?.querySelector("img")) return;
    tile.tabIndex = 0;
    tile.setAttribute("role", "button");
    tile.setAttribute("aria-label", `enlarge ${map.dataset.name}`);
    const enlarge = () => open(map.closest(".sample"), "picture", map.dataset.name);
    tile.addEventListener("click", enlarge);
    tile.addEventListener("keydown", (event) => { if (event.key === "Enter") enlarge(); });
  });
  const asked = pageState.state.get("map");
  if (asked) {
    try {
      const [place, first, second, third] = JSON.parse(asked);
      if (walls()[place]) open(walls()[place], first, second, third);
    } catch { /* an address that was cut short opens nothing */ }
  }
}
