// Chart.js with the page's colours, and redrawn when they change.
const charts = [];

function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

// Colours that are told apart by people who see few (Okabe & Ito 2008), then by hue.
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a6761d", "#7570b3"];
function colour_of(i, opacity = 1) {
  const solid = i < palette.length ? palette[i] : `hsl(${Math.round((i * 137.5) % 360)} 60% 50%)`;
  return opacity === 1 ? solid : `color-mix(in srgb, ${solid} ${Math.round(100 * opacity)}%, transparent)`;
}

function paint(chart) {
  for (const scale of Object.values(chart.options.scales ?? {})) {
    scale.ticks = { ...scale.ticks, color: ink("--soft") };
    scale.grid = { ...scale.grid, color: ink("--line"), borderColor: ink("--line") };
    if (scale.title) scale.title = { ...scale.title, color: ink("--soft") };
  }
}

function draw_chart(canvas, config) {
  const options = { responsive: true, maintainAspectRatio: false, animation: false, parsing: false, normalized: true, ...config.options };
  options.plugins = { legend: { display: false }, ...options.plugins };
  const chart = new Chart(canvas, { ...config, options });
  paint(chart);
  chart.update("none");
  charts.push(chart);
  return chart;
}

function axis(text, more = {}) { return { type: "linear", title: { display: true, text }, ...more }; }

// On paper the canvas of a chart is an image: it must have the size of the page, not of the window.
addEventListener("beforeprint", () => charts.forEach((chart) => chart.resize()));
addEventListener("afterprint", () => charts.forEach((chart) => chart.resize()));

function set_theme(name) {
  document.documentElement.dataset.theme = name;
  charts.forEach((chart) => { paint(chart); chart.update("none"); });
  dispatchEvent(new Event("theme"));
}

function theme_button() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  set_theme(system.matches ? "dark" : "light");
  system.addEventListener("change", () => set_theme(system.matches ? "dark" : "light"));
  const turn = () => set_theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  return make("button", { type: "button", id: "theme", onclick: turn }, "light / dark");
}
