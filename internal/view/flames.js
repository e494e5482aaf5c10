// Draws the flame graphs of a report from the data beside them.
"use strict";
(() => {
  // percent and interval are estimate.PercentDigits and estimate.Proportion.
  const percent = (share) => {
    const p = share * 100;
    if (p === 0) return "0";
    if (p < 0.05) return "<0.1";
    if (p > 99.95 && p < 100) return ">99.9";
    return p < 9.95 || (p > 99 && p < 100) ? p.toFixed(1).replace(/\.0$/, "") : String(Math.round(p));
  };
  const interval = (samples, all) => {
    if (samples === all) return "100 %";
    const share = samples / all, z2 = 1.96 * 1.96;
    const middle = (share + z2 / (2 * all)) / (1 + z2 / all);
    const half = 1.96 / (1 + z2 / all) * Math.sqrt(share * (1 - share) / all + z2 / (4 * all * all));
    return `${percent(share)} % (${percent(Math.max(0, Math.min(share, middle - half)))}–${percent(Math.min(1, Math.max(share, middle + half)))})`;
  };

  const parts = ["tracing", "instrumentation", "metrics and logs"], hues = ["--a", "--b", "--c"];
  const stages = 7; // colours of stages

  // short is a function's name without the path of its package and type parameters.
  const short = (name) => name.replace(/\[.*\]/, "[…]").replace(/^(\[?[^ (\[]*)\//, "");

  // node makes what the library draws of a list: see flames.encode.
  const node = (list, names, graph, depth, stage) => {
    const [name, samples, children] = list;
    const n = { v: samples, depth, parts: [list[3] || 0, list[4] || 0, list[5] || 0], own: samples };
    n.full = name < 0 ? `${-name} smaller function${name < -1 ? "s" : ""}` : names[name];
    n.n = name < 0 ? "…" : depth < 2 && graph.staged ? n.full : short(n.full);
    n.left = name < 0;
    n.stage = stage;
    n.c = (children || []).map((child, i) => node(child, names, graph, depth + 1, depth === 0 ? i : stage));
    for (const child of n.c) n.own -= child.v;
    return n;
  };

  const mix = (hue, share) => `color-mix(in oklab, var(${hue}) ${Math.round(share)}%, var(--frame))`;
  const colour = (d, graph) => {
    const n = d.data;
    if (d.highlight) return "var(--mark)";
    if (n.left) return "var(--ground)";
    if (graph.staged) {
      if (n.depth === 0) return mix("--a", 35);
      return mix(`--s${n.stage % stages}`, n.depth === 1 ? 70 : n.depth === 2 ? 52 : 40 - 8 * (n.depth % 2));
    }
    const most = n.parts.indexOf(Math.max(...n.parts)), share = (n.parts[0] + n.parts[1] + n.parts[2]) / n.v;
    return share > 0 ? mix(hues[most], 8 + 57 * share) : `color-mix(in oklab, var(--text) ${3 + 3 * (n.depth % 2)}%, var(--frame))`;
  };

  // about has the lines of a tooltip.
  const about = (n, all, graph) => {
    const lines = [n.full, `${interval(n.v, all)} of the process's CPU · ${n.v.toLocaleString("en")} of ${all.toLocaleString("en")} samples`];
    if (n.own > 0 && n.own < n.v) lines.push(`itself ${interval(n.own, all)}`);
    if (!graph.staged) parts.forEach((part, i) => { if (n.parts[i] > 0) lines.push(`${part} ${interval(n.parts[i], all)}`); });
    return lines;
  };

  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  const point = (event, lines) => {
    tip.replaceChildren(...lines.map((line, i) => {
      const p = document.createElement(i ? "p" : "strong");
      p.textContent = line;
      return p;
    }));
    tip.hidden = false;
    const { offsetWidth: w, offsetHeight: h } = tip, edge = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, edge - w - 8))}px`;
    tip.style.top = `${event.clientY + 18 + h > innerHeight ? event.clientY - h - 10 : event.clientY + 18}px`;
  };

  const draw = (box, graph, data) => {
    const part = (name) => box.querySelector(name);
    const place = part(".place"), zoomed = part(".zoomed"), reset = part("button"), search = part("input"), found = part(".found");
    const root = node(graph.root, data.names, graph, 0, 0);
    const motion = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250; // ms, when somebody zooms
    const tooltip = () => {};
    tooltip.show = (event, d) => point(event, about(d.data, data.samples, graph));
    tooltip.hide = () => { tip.hidden = true; };
    const say = (d) => {
      zoomed.textContent = `${d.data.full}: ${about(d.data, data.samples, graph).slice(1).join(" · ")}`;
      reset.disabled = !d.parent;
    };
    const chart = flames.flamegraph().width(place.clientWidth).cellHeight(22).inverted(true).transitionDuration(0)
      .minFrameSize(0.5).tooltip(tooltip).label((d) => d.data.full).color((d) => colour(d, graph)).onClick(say)
      .setSearchMatch((d, term) => Boolean(term) && !d.data.left && d.data.full.toLowerCase().includes(term.toLowerCase()))
      .setSearchHandler((results, sum) => {
        found.textContent = results.length ? `${results.length.toLocaleString("en")} found: ${interval(sum, data.samples)} of the process's CPU` : "none found";
      });
    flames.select(place).datum(root).call(chart);
    const top = flames.select(place).datum();
    chart.transitionDuration(motion);
    say(top);
    reset.addEventListener("click", () => { chart.resetZoom(); say(top); });
    search.addEventListener("input", () => {
      if (search.value.trim()) return chart.search(search.value.trim());
      chart.clear();
      found.textContent = "";
    });
    let width = place.clientWidth;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      chart.width(width).transitionDuration(0).update();
      chart.transitionDuration(motion);
    }).observe(place);
  };

  document.body.append(tip);
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  // A page may have hundreds of targets: each graph is drawn when somebody comes near it.
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target: box } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(box);
      const data = JSON.parse(document.getElementById(box.dataset.of).textContent);
      draw(box, data.graphs[box.dataset.graph], data);
    }
  }, { rootMargin: "400px" });
  for (const box of document.querySelectorAll(".flames")) near.observe(box);
})();
