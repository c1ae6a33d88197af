// Charts by uPlot over the server's JSON. Without it the same numbers stand in tables.
(() => {
  "use strict";
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = (more) => ({ stroke: colour("--soft"), font: "11px system-ui", grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), size: 4 }, ...more });
  const said = (seconds) => seconds == null ? "–" : seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
  const dates = (u, all) => {
    const short = all.length > 1 && all[1] - all[0] < 86400;
    return all.map((it) => new Date(it * 1000).toLocaleString("en-GB", { timeZone: "UTC", ...(short ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" }) }));
  };
  const bars = uPlot.paths.bars({ size: [0.7, 14, 2] });
  const drawn = [];

  function draw(into, title, data, { unit, line, whole }) {
    const box = document.createElement("div");
    into.append(box);
    const stroke = colour(line ? "--link" : "--strong");
    const plot = new uPlot({
      title, width: into.clientWidth, height: 132, padding: [4, 20, 0, 0], tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      scales: { x: { time: true, range: (u, low, high) => { const edge = (high - low) / 40 || 3600; return [low - edge, high + edge]; } }, y: { range: (u, low, high) => [0, Math.max(high || 0, whole ? 4 : 10) * 1.1] } },
      cursor: { drag: { x: false, y: false }, y: false },
      legend: { live: true, markers: { show: false } },
      axes: [axis({ space: 64, size: 28, values: dates }), axis({ size: 44, incrs: whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5] : undefined, values: (u, all) => all.map((it) => unit(it)) })],
      series: [
        { value: (u, at) => at == null ? "–" : new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC", label: "at" },
        { label: title, stroke, fill: line ? undefined : stroke, width: line ? 2 : 0, paths: line ? undefined : bars, spanGaps: true, points: { show: line && data[0].length < 40, size: 5 }, value: (u, it) => it == null ? "–" : unit(it) },
      ],
    }, data, box);
    drawn.push([plot, into]);
  }

  const many = (it) => String(Math.round(it));
  const kinds = {
    flows: (into, found) => {
      const it = found[into.dataset.of];
      if (!it || it.at.length < 2) { into.replaceChildren(Object.assign(document.createElement("p"), { className: "quiet small", textContent: "Two runs make a chart." })); return; }
      draw(into, "Assets done, by run", [it.at, it.done], { unit: many, whole: true });
      draw(into, "Lag, the middle one", [it.at, it.lag], { unit: said, line: true });
    },
    ends: (into, it) => { if (it.ends.some(Boolean)) draw(into, "Copies that end, by day", [it.at, it.ends], { unit: many, whole: true }); else into.remove(); },
  };

  const asked = new Map();
  for (const into of document.querySelectorAll("[data-chart]")) {
    const from = into.dataset.from;
    if (!asked.has(from)) asked.set(from, fetch(from, { credentials: "same-origin" }).then((it) => it.ok ? it.json() : Promise.reject(it.status)));
    asked.get(from).then((found) => { into.hidden = false; kinds[into.dataset.chart](into, found); }, () => into.remove());
  }
  addEventListener("resize", () => drawn.forEach(([plot, into]) => plot.setSize({ width: into.clientWidth, height: 132 })));
})();
