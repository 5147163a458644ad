"use strict";
// The page reads without this: it adds tabs, sorting and copy buttons.
for (const section of document.querySelectorAll("[data-tabs]")) {
  const panels = [...section.querySelectorAll(":scope > [data-tab]")];
  if (panels.length < 2) continue;
  const bar = document.createElement("div");
  bar.className = "tabs";
  bar.setAttribute("role", "tablist");
  const show = (chosen) => panels.forEach((panel, place) => {
    panel.hidden = place !== chosen;
    bar.children[place].setAttribute("aria-selected", place === chosen);
    bar.children[place].tabIndex = place === chosen ? 0 : -1;
  });
  panels.forEach((panel, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = panel.dataset.tab;
    button.setAttribute("role", "tab");
    button.addEventListener("click", () => show(place));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (place + step + panels.length) % panels.length;
      show(next);
      bar.children[next].focus();
    });
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-label", panel.dataset.tab);
    bar.append(button);
  });
  section.classList.add("tabbed");
  panels[0].before(bar);
  show(0);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    if ("text" in heads[column].dataset) return cell.textContent.trim();
    return cell.dataset.order === undefined ? null : Number(cell.dataset.order);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    while (head.firstChild && head.firstChild.nodeName !== "SMALL") button.append(head.firstChild);
    head.prepend(button);
    button.addEventListener("click", () => {
      const text = "text" in head.dataset;
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : text;
      const sign = up ? 1 : -1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].sort((first, second) => {
        const a = value(first, column), b = value(second, column);
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * (text ? a.localeCompare(b) : a - b);
      });
      table.tBodies[0].append(...rows);
    });
  });
}
for (const block of document.querySelectorAll(".copyable")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const pre = block.querySelector("pre");
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } catch {
      getSelection().selectAllChildren(pre);
    }
  });
  block.append(button);
}
