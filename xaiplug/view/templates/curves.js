// Point at a chart: the nearest point's name, step, value and interval, and the band of its line.
{
  const told = document.createElement("div");
  told.className = "told";
  told.hidden = true;
  document.body.append(told);
  document.querySelectorAll("svg.chart").forEach((chart) => {
    const lines = [...chart.querySelectorAll("g.line")].map((group) => ({
      group,
      points: group.querySelector("polyline").points,
      told: group.dataset.told.split(";").map((point) => point.split("|")),
    }));
    const choose = (group) => lines.forEach((line) => line.group.classList.toggle("chosen", line.group === group));
    const leave = () => { told.hidden = true; choose(null); };
    chart.addEventListener("pointermove", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
      let best = null, nearest = 400;
      lines.forEach((line) => {
        for (let place = 0; place < line.points.numberOfItems; place++) {
          const point = line.points.getItem(place);
          const far = (point.x - at.x) ** 2 + (point.y - at.y) ** 2;
          if (far < nearest) { nearest = far; best = [line, place]; }
        }
      });
      if (!best) return leave();
      const [line, place] = best;
      const [step, mean, ends] = line.told[place];
      told.textContent = `${line.group.dataset.name}: ${mean} [${ends}] at ${step}`;
      told.hidden = false;
      told.style.left = `${Math.min(event.clientX + 14, innerWidth - told.offsetWidth - 8)}px`;
      told.style.top = `${event.clientY + 14}px`;
      choose(line.group);
    });
    chart.addEventListener("pointerleave", leave);
    chart.closest("figure").querySelectorAll(".legend li").forEach((item, place) => {
      item.addEventListener("pointerenter", () => choose(lines[place].group));
      item.addEventListener("pointerleave", () => choose(null));
    });
  });
}
