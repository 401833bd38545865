"""What a reader of the page sees and does, in headless Chromium."""
import csv
import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import browser as b
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

elbo = sys.argv[1]

# Names that would do harm if anything read them as HTML.
hostile = ['elbo <img src=x onerror="alert(1)">', "iwae \U0001f418 'x' \"y\"", "</script><script>alert(2)</script>&amp;"]
experiment = r'''
name = "toy <b>bars</b>"
description = "Which bound? </script><script>alert(3)</script> <!-- \"quoted\""
seeds = [1, 2, 3]
latent_dim = 2
dataset = { name = "bars", observe = "binary", train = 300, test = 100 }
encoder = { plugin = "mlp", hidden = [12] }
decoder = { plugin = "mlp", hidden = [12] }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "bernoulli" }
train = { max_epochs = 4, batch_size = 50 }
evaluate = { importance_samples = 10 }
[[variant]]
name = 'elbo <img src=x onerror="alert(1)">'
[[variant]]
name = "iwae 🐘 'x' \"y\""
objective = { plugin = "iwae", samples = 5 }
[[variant]]
name = "</script><script>alert(2)</script>&amp;"
decoder = { activation = "softplus", hidden = [8, 9] }
'''


def png_size(bytes_):
    return struct.unpack(">II", bytes_[16:24])


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        (cls.folder / "toy.toml").write_text(experiment)
        subprocess.run([elbo, "run", "toy.toml", "--out", "toy"], cwd=cls.folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([elbo, "evaluate", "toy", "--metrics", "bounds,reconstruction", "--set", "bound_samples=[1,10]"], cwd=cls.folder,
                       check=True, stdout=subprocess.DEVNULL)
        cls.break_some()
        subprocess.run([elbo, "report", "toy", "-o", "page.html"], cwd=cls.folder, check=True, stdout=subprocess.DEVNULL)
        cls.browser = b.start(downloads=cls.folder)
        cls.page = cls.folder / "page.html"

    @classmethod
    def break_some(cls):
        """One log cut short, one of another program, and one that is no HDF5 file."""
        import h5py
        logs = sorted(cls.folder.glob("toy/*/log.h5"))
        logs[-1].write_bytes(logs[-1].read_bytes()[:3000])
        with h5py.File(cls.folder / "toy" / "foreign <i>.h5", "w") as file:
            file["x"] = 1
        (cls.folder / "toy" / "text.h5").write_text("no HDF5")

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        cls.scratch.cleanup()

    def setUp(self):
        b.open_page(self.browser, self.page)

    def tearDown(self):
        self.assertEqual(b.complaints(self.browser), [])
        self.assertEqual(b.requests(self.browser), [])

    def script(self, text, *arguments):
        return self.browser.execute_script(text, *arguments)

    def section(self, name):
        element = self.browser.find_element(By.ID, name)
        self.script("arguments[0].scrollIntoView()", element)
        return element

    def open_all(self, name):
        self.script("for (const d of arguments[0].querySelectorAll('details')) d.open = true", self.section(name))

    def test_each_variant_stands_on_one_axis(self):
        rows = self.section("answer").find_elements(By.CSS_SELECTOR, ".distance")
        data = self.script("return JSON.parse(document.getElementById('data').textContent).comparison.rankings[0].rows.length")
        self.assertEqual(len(rows), data)
        first, *others = [row.find_element(By.CSS_SELECTOR, ".dot, .arrow").rect["x"] for row in rows]
        self.assertTrue(all(x >= first for x in others), "the leader is the leftmost")
        self.browser.set_window_size(390, 800)
        width = self.script("return document.documentElement.clientWidth")
        self.assertTrue(all(row.rect["x"] + row.rect["width"] <= width for row in rows), "nothing is cut on a phone")
        self.browser.set_window_size(1200, 900)

    def until(self, condition):
        end = time.monotonic() + 30
        while not (found := condition()) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def test_names_are_shown_and_not_executed(self):
        text = self.browser.find_element(By.ID, "page").text
        for name in hostile:
            self.assertIn(name, text)
        self.assertIn('Which bound? </script><script>alert(3)</script> <!-- "quoted"', text)
        self.assertEqual(self.script("return document.querySelectorAll('main img:not(.sheet), main b, main script').length"), 0)

    def test_the_answer_comes_first_in_words(self):
        section = self.section("answer")
        lead = self.browser.find_element(By.CSS_SELECTOR, "#answer .lead").text
        self.assertRegex(lead, r" (leads|has the highest bound|has the highest mean)\b")
        said = self.script("return JSON.parse(document.getElementById('data').textContent).comparison.rankings[0].answer")
        self.assertEqual(lead, said["lead"], "the words of elbo compare")
        self.assertIn(said["rest"], section.text)
        self.assertEqual(section.text.split("\n")[1], lead, "the first line below the heading")
        self.assertIn("simultaneous 95 %", section.text)
        self.assertNotIn("corrected", section.text, "statistics wait until they are asked for")
        self.open_all("answer")
        self.assertRegex(section.text, r"beats|bound than|are undecided")
        self.assertRegex(section.text, r"(best|highest bound)[^:]*: ")
        first = self.browser.find_element(By.CSS_SELECTOR, "main > section")
        self.assertEqual(first.get_attribute("id"), "answer")

    def test_what_is_missing_is_named_with_its_reason(self):
        text = self.section("not-in-the-ranking").text
        self.assertIn("foreign <i>.h5", text)
        self.assertIn("not the log of an elbo run", text)
        self.assertIn("truncated", text)
        self.assertIn("text.h5: is not an HDF5 file", text)

    def test_only_differing_settings_are_listed(self):
        heads = [e.text for e in self.section("what-was-compared").find_elements(By.CSS_SELECTOR, "th")]
        of_objectives = {"plugin", "samples", "kl", "gradient", "beta", "warmup_epochs", "cycle_epochs"}  # of one plugin or another
        self.assertEqual(set(heads), {"variant", "decoder.hidden", "decoder.activation"} | {f"objective.{name}" for name in of_objectives})

    def test_tables_sort(self):
        self.open_all("answer")
        table = self.section("answer").find_element(By.TAG_NAME, "table")
        head = next(h for h in table.find_elements(By.CSS_SELECTOR, "th") if h.text.startswith("elbo"))
        column = table.find_elements(By.CSS_SELECTOR, "th").index(head)
        values = lambda: [float(row.find_elements(By.TAG_NAME, "td")[column].text.split()[0].replace("−", "-"))
                          for row in table.find_elements(By.CSS_SELECTOR, "tbody tr")]
        head.find_element(By.TAG_NAME, "button").click()
        self.assertEqual(values(), sorted(values()))
        head.find_element(By.TAG_NAME, "button").click()
        self.assertEqual(values(), sorted(values(), reverse=True))

    def test_variants_can_be_hidden_and_curves_say_what_they_are(self):
        training = self.section("training")
        self.assertTrue(self.until(lambda: self.script("return curve_charts.length > 0")))
        drawn = "const c = curve_charts[0]; return c.data.datasets.filter((d, i) => c.isDatasetVisible(i)).length"
        before = self.script(drawn)
        self.assertEqual(before, 9, "a line and two edges of the band for each of three variants")
        chip = training.find_element(By.CSS_SELECTOR, ".chip")
        chip.click()
        self.assertEqual(self.script(drawn), 6)
        self.assertEqual(chip.get_attribute("aria-pressed"), "false")
        chip.click()
        self.assertEqual(self.script(drawn), 9)
        canvas = training.find_element(By.TAG_NAME, "canvas")
        self.script("arguments[0].scrollIntoView({block: 'center'})", canvas)
        ActionChains(self.browser).move_to_element(canvas).move_by_offset(9, 9).perform()
        told = self.until(lambda: self.script("const t = curve_charts[0].tooltip; return t.opacity > 0 && t.body.length ? t.title.concat(t.body.flatMap((b) => b.lines)) : null"))
        self.assertEqual(len(told), 4, "an epoch and three variants, wherever the pointer is")
        self.assertRegex(" ".join(told), r"epoch \d.*-?\d+\.\d+")

    def test_every_chart_gives_its_numbers_as_csv(self):
        names = [e.get_attribute("data-csv") for e in self.browser.find_elements(By.CSS_SELECTOR, "[data-csv]")]
        for name in ("differences", "test_elbo", "train_kl", "kl_per_dim", "difference_histogram", "latents"):
            self.assertIn(name, names)
        button = self.browser.find_element(By.CSS_SELECTOR, "[data-csv=test_elbo]")
        self.script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        file = self.folder / "test_elbo.csv"
        self.assertTrue(self.until(file.exists))
        rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
        self.assertEqual({row["variant"] for row in rows}, set(hostile))
        self.assertEqual([int(row["epoch"]) for row in rows if row["variant"] == hostile[1]], [1, 2, 3, 4])

    def test_what_was_measured_after_training_is_shown(self):
        section = self.section("measured-after-training")
        tables = section.find_elements(By.TAG_NAME, "table")
        self.assertEqual([h.text for h in section.find_elements(By.TAG_NAME, "h3")], ["bounds", "reconstruction"])
        of_runs = [len(table.find_elements(By.CSS_SELECTOR, "tbody tr")) for table in tables]
        self.assertEqual(of_runs[0], 2 * of_runs[1])  # a row for each K
        self.assertIn(hostile[0] + ", seed 1", section.text)
        self.assertIn("squared_error", section.text)
        self.assertTrue(section.find_element(By.CSS_SELECTOR, "[data-csv=bounds]").is_displayed())

    def test_hovering_a_heat_map_tells_the_value(self):
        canvas = self.section("kl-of-each-latent-dimension").find_element(By.TAG_NAME, "canvas")
        ActionChains(self.browser).move_to_element(canvas).perform()
        told = canvas.find_element(By.XPATH, "following-sibling::p")
        self.assertTrue(self.until(lambda: "nat" in told.text))
        self.assertRegex(told.text, r"dimension [01], epoch \d: \d+\.\d{3} nat")

    def test_the_explorer_decodes_as_the_decoder_does(self):
        for place in range(3):
            worst = self.script("const able = JSON.parse(document.getElementById('data').textContent).variants;"
                                "return error_of(unpacked(able[arguments[0]].detail.decoder))", place)
            self.assertLess(worst, 1e-4)
        section = self.section("latent-explorer")
        pad, image = section.find_element(By.CSS_SELECTOR, ".pad"), section.find_element(By.ID, "decoded")
        pixels = lambda: self.script("return arguments[0].toDataURL()", image)
        self.assertTrue(self.until(lambda: "differs from the trained decoder" in section.text))
        before = pixels()
        ActionChains(self.browser).move_to_element(pad).click_and_hold().move_by_offset(90, 60).release().perform()
        self.assertNotEqual(pixels(), before)
        before = pixels()
        pad.send_keys("\ue012\ue012\ue012\ue012\ue012\ue012")  # the left arrow
        self.assertNotEqual(pixels(), before)
        Select(section.find_element(By.TAG_NAME, "select")).select_by_index(2)
        self.assertIn(hostile[2], self.until(lambda: section.find_element(By.ID, "explorer-error").text))

    def test_pictures_of_every_kind_are_shown(self):
        section = self.section("pictures")
        for kind in ("reconstructions", "samples", "traversals", "manifold"):
            Select(section.find_element(By.TAG_NAME, "select")).select_by_visible_text(kind)
            sheets = section.find_elements(By.CSS_SELECTOR, "img.sheet")
            self.assertEqual(len(sheets), 3)
            for sheet in sheets:
                self.script("arguments[0].loading = 'eager'", sheet)
                self.assertTrue(self.until(lambda: self.script("return arguments[0].naturalWidth", sheet) == 64))

    def test_latents_of_another_variant(self):
        section = self.section("latents")
        Select(section.find_element(By.TAG_NAME, "select")).select_by_index(1)
        self.assertTrue(self.until(lambda: "E[z|x] of 100 test data" in section.text))

    def test_dark_and_light(self):
        paper = lambda: self.script("return getComputedStyle(document.documentElement).backgroundColor")
        seen = {paper()}
        self.browser.find_element(By.ID, "theme").click()
        seen.add(paper())
        self.assertEqual(seen, {"rgb(255, 255, 255)", "rgb(20, 24, 28)"})

    def test_a_phone_shows_it_without_scrolling_sideways(self):
        phone = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        try:
            b.open_page(self.browser, self.page)
            self.section("training")
            self.until(lambda: self.script("return curve_charts.length > 0"))
            self.assertEqual(self.script("return [innerWidth, document.documentElement.scrollWidth]"), [390, 390])
        finally:
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_a_screenshot_holds_ink_of_every_variant(self):
        self.section("training")
        self.until(lambda: self.script("return curve_charts.length >= 3"))
        shot = self.browser.get_screenshot_as_png()
        self.assertGreaterEqual(png_size(shot), (1000, 600))
        colours = self.script("""
          const found = new Set();
          for (const canvas of document.querySelectorAll('#training canvas')) {  // in one of the charts no line lies on the others
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] === 255) found.add(pixels.slice(i, i + 3).join());
          }
          return [...found].map((colour) => colour.split(',').map(Number))""")
        for variant in ((0, 114, 178), (213, 94, 0), (0, 158, 115)):  # a line that lies on another's band is mixed with it
            nearest = min(max(abs(a - b) for a, b in zip(variant, colour)) for colour in colours)
            self.assertLess(nearest, 100, variant)  # the colours themselves are 213 apart

    def test_printing_draws_what_was_not_yet_seen(self):
        pdf = self.browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
        self.assertGreater(len(pdf), 50_000)
        self.assertEqual(self.script("return waiting.size"), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
