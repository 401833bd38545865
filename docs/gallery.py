"""Makes the pictures of finished reports in docs/images/: gallery.py REPORT.html NAME [SECTION] [--dark].

Those in docs/ come from
  elbo run experiments/quickstart.toml --set dataset.train=6000 --set train.max_epochs=2 --set evaluate.images=200 \\
    --set evaluate.importance_samples=20 --set latent_dim=2
                                                  gallery.py runs/quickstart/report.html report-quickstart
  elbo run experiments/bars_exact.toml            gallery.py runs/bars_exact/report.html report-bars-exact training
  elbo run experiments/bars_exact.toml --set latent_dim=2 --out runs/plane
                                                  gallery.py runs/plane/report.html report-explorer latent-explorer --dark
It needs the packages chromium, chromium-driver and python3-selenium.
"""
import pathlib
import sys
import time

root = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(root / "tests" / "page"))
import browser as b  # noqa: E402

words = [word for word in sys.argv[1:] if word != "--dark"]
browser = b.start(1100, 860)
b.open_page(browser, pathlib.Path(words[0]))
if "--dark" in sys.argv:
    browser.execute_script("set_theme('dark')")
if len(words) > 2:
    browser.execute_script("document.getElementById(arguments[0]).scrollIntoView()", words[2])
time.sleep(2)  # until what is in sight is drawn
browser.get_screenshot_as_file(str(root / "docs" / "images" / (words[1] + ".png")))
browser.quit()
