// Of a leaderboard: show methods by name, hide columns. What is chosen stands in the address, so that it can be sent.
{
  const state = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
  const keep = () => history.replaceState(null, "", state.size ? `#?${state}` : location.pathname + location.search);
  globalThis.pageState = { state, keep };
  document.querySelectorAll("table.board, table.samples").forEach((table, number) => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const tools = document.createElement("div");
    tools.className = "tools";
    const search = document.createElement("input");
    search.type = "search";
    search.placeholder = table.classList.contains("board") ? "filter methods" : "filter samples";
    search.setAttribute("aria-label", search.placeholder);
    const key = `filter${number}`;
    search.value = state.get(key) ?? "";
    const filter = () => {
      const wanted = search.value.trim().toLowerCase().split(/\s+/);
      rows.forEach((row) => {
        const text = row.cells[0].textContent.toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
      });
      if (search.value) state.set(key, search.value); else state.delete(key);
    };
    search.addEventListener("input", () => { filter(); keep(); });
    tools.append(search);
    const hiddenKey = `hide${number}`;
    const gone = new Set((state.get(hiddenKey) ?? "").split(",").filter(Boolean).map(Number));
    heads.slice(1).forEach((head, place) => {
      const column = place + 1;
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      const show = () => [table.tHead.rows[0], ...rows].forEach((row) => { row.cells[column].hidden = gone.has(column); });
      box.checked = !gone.has(column);
      box.addEventListener("change", () => {
        if (box.checked) gone.delete(column); else gone.add(column);
        show();
        if (gone.size) state.set(hiddenKey, [...gone].join(",")); else state.delete(hiddenKey);
        keep();
      });
      label.append(box, head.querySelector(".sort")?.textContent ?? head.firstChild.textContent);
      tools.append(label);
      show();
    });
    filter();
    table.closest(".box").before(tools);
  });
}
