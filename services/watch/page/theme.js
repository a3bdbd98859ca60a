// Runs before the first paint: the chosen theme, or the system's.
"use strict";
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("paceline-theme"); } catch { /* Storage is closed to us. */ }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();
