(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const chart = document.getElementById("chart");
  const points = data.points;
  const COLOURS = 8;
  const DASHES = ["", "7 4", "2 4"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const DAY = 86400;
  const PAGE = 10;
  let chosen = points.length - 1;
  let asked = false;
  let place = null;
  let marks = null;

  const make = (tag, parent, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const percent = (value) => (value === null ? "–" : `${value} %`);
  const iso = (seconds) => new Date(seconds * 1000).toISOString();
  const short = (name, length) => (name.length > length ? `${name.slice(0, length - 1)}…` : name);

  // Dates at the start of days, weeks, months or years: as many as there is room for.
  const dates = (first, last, room) => {
    const made = [];
    const days = [1, 2, 7, 14].find((step) => (last - first) / DAY / step <= room);
    if (days) {
      const monday = 4 * DAY;
      const step = days * DAY;
      for (let at = monday + step * Math.ceil((first - monday) / step); at <= last; at += step) made.push(at);
    } else {
      const begin = new Date(first * 1000);
      for (const step of [1, 2, 3, 6, 12, 24, 60, 120, 1200]) {
        made.length = 0;
        for (let month = Math.ceil((begin.getUTCFullYear() * 12 + begin.getUTCMonth()) / step) * step; ; month += step) {
          const at = Date.UTC(Math.floor(month / 12), month % 12, 1) / 1000;
          if (at > last) break;
          if (at >= first) made.push(at);
        }
        if (made.length <= room) break;
      }
    }
    let year = 0;
    return made.map((at) => {
      const day = new Date(at * 1000);
      const name = (days ? `${day.getUTCDate()} ` : "") + MONTHS[day.getUTCMonth()];
      const label = day.getUTCFullYear() === year ? name : `${name} ${day.getUTCFullYear()}`;
      year = day.getUTCFullYear();
      return [at, label];
    });
  };

  // Moves labels apart until none is nearer than `gap` to another.
  const spread = (labels, gap, low, high) => {
    labels.sort((a, b) => a.y - b.y);
    let least = low;
    for (const label of labels) { label.y = Math.max(label.y, least); least = label.y + gap; }
    let most = high;
    for (const label of labels.slice().reverse()) { label.y = Math.min(label.y, most); most = label.y - gap; }
  };

  const newestOf = (line) => points.findLastIndex((point) => point[1][line] !== null);

  const draw = () => {
    const width = chart.clientWidth, height = chart.clientHeight;
    if (!width) return;
    const narrow = width < 520;
    const svg = make("svg", document.createDocumentFragment(), { width, height, "aria-hidden": "true" });
    chart.replaceChildren(svg);
    const [low, high, step] = data.y;
    const [first, last] = data.x;
    const top = 22, bottom = height - 30;

    const labels = [];
    data.lines.forEach((line, n) => {
      const newest = newestOf(n);
      if (newest < 0) return;
      const value = points[newest][1][n];
      const now = newest === points.length - 1;
      const text = narrow ? (now ? percent(value) : "") : short(line.name, 20) + (now ? ` ${percent(value)}` : "");
      labels.push({ n, value, text });
    });
    const probe = make("g", svg, { class: "total" });
    const size = (text) => make("text", probe, { class: "label" }, text).getComputedTextLength();
    const widest = Math.max(...labels.map(({ text }) => size(text)));
    const left = Math.ceil(size(percent(high))) + 12;
    probe.remove();
    const share = Math.max((points[points.length - 1][0] - first) / (last - first), 0.1);
    const right = Math.min(width - 10, left + (width - 12 - widest - left) / share);
    const x = (at) => left + ((at - first) / (last - first)) * (right - left);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    const at = (value) => value.toFixed(1);

    for (let tick = low; tick <= high; tick += step) {
      make("path", svg, { class: "grid", d: `M${left} ${at(y(tick))}H${at(right)}` });
      make("text", svg, { x: left - 8, y: at(y(tick) + 4), "text-anchor": "end" }, percent(tick));
    }
    for (const [seconds, label] of dates(first, last, Math.max(2, Math.floor((right - left) / 84)))) {
      make("path", svg, { class: "grid", d: `M${at(x(seconds))} ${bottom}v5` });
      const text = make("text", svg, { x: at(x(seconds)), y: bottom + 20, "text-anchor": "middle" }, label);
      const half = text.getComputedTextLength() / 2;
      text.setAttribute("x", at(Math.min(Math.max(x(seconds), half + 2), width - half - 2)));
    }
    if (data.by) make("path", svg, { class: "grid", "stroke-dasharray": "3 3", d: `M${at(x(data.by))} ${top}V${bottom}` });

    data.lines.map((line, n) => ({ line, n })).reverse().forEach(({ line, n }) => {
      const group = make("g", svg, { class: `c${n % COLOURS}${n ? "" : " total"}` });
      if (line.target !== null) make("path", group, { class: "goal", d: `M${left} ${at(y(line.target))}H${at(right)}` });
      if (line.ramp) make("path", group, { class: "ramp", d: `M${line.ramp.map(([s, v]) => `${at(x(s))} ${at(y(v))}`).join("L")}` });
      const known = points.filter((point) => point[1][n] !== null).map((point) => [at(x(point[0])), at(y(point[1][n]))]);
      const dash = DASHES[Math.floor(n / COLOURS) % DASHES.length];
      if (known.length > 1) make("path", group, { class: "line", d: `M${known.map((p) => p.join(" ")).join("L")}`, "stroke-dasharray": dash });
      if (known.length < 61) for (const [cx, cy] of known) make("circle", group, { class: "dot", cx, cy, r: 2.4 });
      if (known.length) make("circle", group, { class: "end", cx: known[known.length - 1][0], cy: known[known.length - 1][1], r: 4.5 });
    });
    for (const label of labels) label.y = y(label.value);
    spread(labels, 15, top, bottom);
    // Above all lines: a ramp may cross them.
    for (const { n, y: middle, text } of labels) {
      const group = make("g", svg, { class: `c${n % COLOURS}${n ? "" : " total"}` });
      const beside = x(points[points.length - 1][0]) + 11;
      const label = make("text", group, { class: "label", x: at(beside), y: at(middle + 4) }, text);
      const back = make("rect", group, { class: "back", x: at(beside - 2), y: at(middle - 7), width: at(label.getComputedTextLength() + 4), height: 14 });
      group.prepend(back);
    }
    const goal = data.lines[0].target;
    if (goal !== null) make("text", svg, { x: left + 6, y: at(y(goal) - 6) }, `target ${percent(goal)}`);
    place = { x, y, top, bottom };
    marks = make("g", svg, {});
    mark();
  };

  const mark = () => {
    marks.replaceChildren();
    const [seconds, values] = points[chosen];
    const at = place.x(seconds).toFixed(1);
    if (!asked) return;
    if (points.length > 1) make("path", marks, { class: "guide", d: `M${at} ${place.top}V${place.bottom}` });
    values.forEach((value, n) => {
      if (value === null) return;
      make("circle", make("g", marks, { class: `c${n % COLOURS}` }), { class: "mark", cx: at, cy: place.y(value).toFixed(1), r: 5.5 });
    });
  };

  const tell = () => {
    const [seconds, values, delta, sha, title] = points[chosen];
    document.getElementById("when").textContent = `${iso(seconds).slice(0, 16).replace("T", " ")} UTC`;
    document.getElementById("total").textContent = percent(values[0]);
    document.getElementById("delta").textContent = delta && `${delta} since the point before`;
    const commit = document.getElementById("commit");
    const name = document.createElement("bdi");
    name.textContent = title;
    if (sha && data.commits) {
      const link = document.createElement("a");
      link.id = "link";
      link.href = data.commits + sha;
      link.rel = "noreferrer";
      link.textContent = sha.slice(0, 7);
      commit.replaceChildren(link, " ", name);
    } else {
      commit.replaceChildren(sha ? `${sha.slice(0, 7)} ` : "", name);
    }
    document.getElementById("parts").replaceChildren(...data.lines.slice(1).flatMap((line, n) => {
      const part = document.createElement("span");
      const part_name = document.createElement("bdi");
      part.className = `part c${(n + 1) % COLOURS}`;
      part_name.textContent = line.name;
      part.append(part_name, ` ${percent(values[n + 1])}`);
      return [part, " "];
    }));
  };

  const choose = (index) => {
    const next = Math.min(Math.max(index, 0), points.length - 1);
    const changed = next !== chosen;
    asked = true;
    chosen = next;
    mark();
    if (changed) tell();
  };

  const moves = {
    ArrowLeft: () => chosen - 1,
    ArrowRight: () => chosen + 1,
    PageUp: () => chosen - PAGE,
    PageDown: () => chosen + PAGE,
    Home: () => 0,
    End: () => points.length - 1,
  };
  chart.addEventListener("keydown", (event) => {
    if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(moves[event.key]());
  });
  const follow = (event) => {
    const at = event.clientX - chart.getBoundingClientRect().left;
    let nearest = 0;
    points.forEach((point, n) => {
      if (Math.abs(place.x(point[0]) - at) <= Math.abs(place.x(points[nearest][0]) - at)) nearest = n;
    });
    choose(nearest);
  };
  chart.addEventListener("pointermove", follow);
  chart.addEventListener("pointerdown", follow);
  new ResizeObserver(draw).observe(chart);
  draw();
})();
