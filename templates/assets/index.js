// What CSS cannot: search, sort by any column, and the command that compares what is ticked. It reads the block of data and asks for nothing.
(() => {
  const get = (id) => document.getElementById(id);
  const data = JSON.parse(get("index-data").textContent);
  const rows = [...document.querySelectorAll("li[data-n]")].map((li) => ({ li, n: +li.dataset.n, top: li.parentNode.closest("li") || li }));
  const tops = [...new Set(rows.map((row) => row.top))];
  const known = new Map(Object.keys(data).map((name) => [name.toLowerCase(), name]));
  const column = (name) => data[known.get(name.toLowerCase()) || known.get("last:" + name.toLowerCase())];
  const value = (held, n) => (held.i ? held.v[held.i[n]] : held[n]);
  const number = (word) => (word === "" || word === null ? NaN : Number(word));
  const words = rows.map(() => "");
  const text = (n, li) => words[n] || (words[n] = [li.textContent, ...Object.keys(data).filter((name) => data[name].i || name === "path" || name === "title").map((name) => name + "=" + value(data[name], n))].join("\n").toLowerCase());

  const holds = (have, sign, want, many) => {
    if (have === null || have === "") return sign === "!=";
    const a = number(have), b = number(want), numbers = !Number.isNaN(a) && !Number.isNaN(b);
    const left = numbers ? a : String(have).toLowerCase(), right = numbers ? b : want.toLowerCase();
    const same = many ? left.split(" ").includes(right) : left === right;
    return { "=": same, "!=": !same, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right }[sign];
  };
  const test = (term) => {
    const part = /^(.+?)(<=|>=|!=|=|<|>)(.+)$/.exec(term);
    if (!part) return (n, li) => text(n, li).includes(term.toLowerCase());
    const held = column(part[1]);
    return held ? (n) => holds(value(held, n), part[2], part[3], part[1].toLowerCase() === "tags") : null;
  };

  const search = () => {
    const terms = (get("find").value.match(/(?:[^\s"]|"[^"]*")+/g) || []).map((term) => term.replaceAll('"', ""));
    const tests = terms.map(test);
    get("unknown").textContent = terms.filter((_, i) => !tests[i]).map((term) => term + " ?").join(" ");
    let seen = 0;
    for (const { li, n } of rows) seen += !(li.hidden = !tests.every((one) => one && one(n, li)));
    for (const top of tops) if (!top.dataset.n) {
      top.hidden = !top.querySelector("li[data-n]:not([hidden])");
      top.firstElementChild.open = terms.length > 0 && !top.hidden;
    }
    get("found").textContent = terms.length ? seen + " / " + rows.length : "";
    sort();
  };
  const sort = () => {
    const held = get("order").value && data[get("order").value], turn = get("turn").checked ? -1 : 1;
    if (!held) return tops.forEach((top) => (top.style.order = ""));
    const less = (a, b) => (a === null || a === "") - (b === null || b === "") || turn * (typeof a === typeof b && typeof a === "number" ? a - b : Number(a) - Number(b) || (String(a) > String(b)) - (String(a) < String(b)));
    const keys = new Map();
    for (const { li, n, top } of rows) {
      const key = value(held, n);
      if (!li.hidden && (!keys.has(top) || less(key, keys.get(top)) < 0)) keys.set(top, key);
    }
    [...keys].sort((a, b) => less(a[1], b[1])).forEach(([top], place) => (top.style.order = place));
  };

  const quoted = (path) => (/^[\w./@%+=:,-]+$/.test(path) ? path : "'" + path.replaceAll("'", "'\"'\"'") + "'");
  const chosen = () => {
    const paths = rows.filter(({ li }) => li.firstElementChild.checked).map(({ n }) => quoted(value(data.path, n)));
    get("compare").hidden = paths.length < 2;
    get("command").textContent = "lossreport compare " + paths.join(" ");
  };
  for (const { li, n } of rows) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.setAttribute("aria-label", value(data.path, n));
    li.prepend(box);
  }
  let waiting = 0;
  get("find").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  get("order").addEventListener("change", sort);
  get("turn").addEventListener("change", sort);
  document.querySelector(".page").addEventListener("change", chosen);
  for (const radio of document.getElementsByName("sort")) radio.addEventListener("change", () => { get("order").value = ""; sort(); });
  get("copy").addEventListener("click", () => navigator.clipboard && navigator.clipboard.writeText(get("command").textContent));
  document.querySelector("main").classList.add("scripted");
  get("tools").hidden = false;
})();
