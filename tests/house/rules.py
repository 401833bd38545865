#!/usr/bin/env python3
"""The house rules that a program can check: rules.py ROOT prints each breach and exits with 1 if there is one."""
import re
import sys
from pathlib import Path

FRONT = ["base", "metrics", "experiment", "plan", "plugins", "data", "log", "report", "exports", "launch", "page", "cli"]
LOADER = {"framework/plugins/library.cpp", "framework/plugins/library.hpp"}  # loads a run's plugins, so it needs torch
UNPLANNED = {"framework/cli/data.cpp", "framework/cli/data_file.cpp"}  # look at data of which no plan speaks
LINES = 320
UNFINISHED = re.compile(r"\b(" + "TO" "DO|FIX" "ME|XX" r"X)\b")
MACHINE = re.compile(r"(?<![\w.~}\])*])/(home|root|work|Users)/\w|\bregistry\.\w+\.\w+|\bpkg\.dev\b")
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+), *(\w+)\)", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((.*?)\)"|"((?:\\.|[^"\\\n])*)"', re.S)
SCRIPT_LITERAL = re.compile(r"""//[^\n]*|/\*.*?\*/|"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\])*)`""", re.S)
# Plugins whose names the host uses for other things: the weight of the KL, an interpolation, noise, a kind of regression, the bound that
# is always logged, an estimator of log p(x), a number about the aggregate posterior.
OTHER_MEANINGS = {"beta", "linear", "uniform", "multinomial", "elbo", "iwae", "total_correlation"}
LINK = re.compile(r'\]\(([^)\s]+)[^)]*\)|(?:src|href)="([^"]+)"')
GENERATED = re.compile(r"^(build.*|runs|\.git|\.cache|__pycache__)$")


def text_files(root):
    """(relative path, text) of every file that people wrote."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_symlink() or not path.is_file() or any(GENERATED.match(part) for part in relative.parts):
            continue
        try:
            yield relative.as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            pass  # an image


def is_cpp(path):
    return path.endswith((".cpp", ".hpp"))


def way_to_torch(path, files, seen):
    """The chain of includes from path to a header of torch, or nothing."""
    if path in seen:
        return None
    seen.add(path)
    for name in INCLUDE.findall(files[path]):
        if name.startswith(("torch/", "ATen/", "c10/")):
            return [path, name]
        for candidate in (f"framework/{name}", f"framework/sdk/include/{name}"):
            if candidate in files and (rest := way_to_torch(candidate, files, seen)):
                return [path] + rest
    return None


def front_side_is_free_of_torch(files):
    for path in files:
        if is_cpp(path) and path not in LOADER and any(path.startswith(f"framework/{folder}/") for folder in FRONT):
            if chain := way_to_torch(path, files, set()):
                yield f"{path}: the front's side includes torch: {' -> '.join(chain)}"


def libraries(files):
    """The folders of framework/ in the order of its CMakeLists.txt."""
    named = re.findall(r"^(?:elbo_library\((?=\w)|file\(GLOB )(\w+)", files.get("framework/CMakeLists.txt", ""), re.M)
    return [name for name in named if any(path.startswith(f"framework/{name}/") for path in files)]


def the_map_is_the_order_of_dependence(files):
    """README lists the folders of framework/ in CMake's order, in which each library links only those before it."""
    way, cmake = libraries(files), files.get("framework/CMakeLists.txt", "")
    for name, links in re.findall(r"^(?:elbo_library|target_link_libraries)\((?:elbo[_-])?(\w+)([^)]*)\)", cmake, re.M):
        for other in re.findall(r"elbo_(\w+)", links):
            if name in way and other in way and way.index(other) > way.index(name):
                yield f"framework/CMakeLists.txt: {name} links {other}, which comes after it"
    row = re.search(r"^\| `framework/` \|.*$", files.get("README.md", ""), re.M)
    named = row and [name for name in re.findall(r"`(\w+)`", row[0]) if name in way]
    if row and named != way:
        yield f"README.md:{line_of(files['README.md'], row)}: the map names {', '.join(named)}; expected the order of CMake: {', '.join(way)}"


def includes_follow_the_way(files):
    """A folder includes from those that framework/CMakeLists.txt names before it."""
    way = libraries(files)
    for path in files:
        parts = path.split("/")
        if not is_cpp(path) or parts[0] != "framework" or parts[1] not in way or path in LOADER:
            continue
        for name in INCLUDE.findall(files[path]):
            folder = name.partition("/")[0]
            if folder in way and way.index(folder) > way.index(parts[1]):
                yield f"{path}: includes {name}, and {folder} comes after {parts[1]} in the way of the data"


def data_are_loaded_as_planned(files):
    """A new program that loads the data of a run cannot forget to prove that they are the plan's."""
    for path, text in files.items():
        if path.startswith("framework/") and not path.startswith("framework/data/") and path not in UNPLANNED:
            for call in re.finditer(r"\bdata::(?:load\(|load_by_rows\(|read_stored\()", text):
                yield f"{path}:{line_of(text, call)}: {call[0]}...: the data of a run are loaded by data::load_planned"


def files_are_short(files):
    for path, text in files.items():
        if path.startswith(("framework/", "plugins/")) and (lines := text.count("\n")) > LINES:
            yield f"{path}: {lines} lines; split it at {LINES}"


def headers_guard_themselves(files):
    for path, text in files.items():
        if path.endswith(".hpp") and "#pragma once" not in text:
            yield f"{path}: no #pragma once"


def nothing_is_left_unfinished(files):
    for path, text in files.items():
        for word in UNFINISHED.finditer(text):
            yield f"{path}:{line_of(text, word)}: {word[0]}; finish it or open an issue"


def no_machine_is_named(files):
    for path, text in files.items():
        for place in MACHINE.finditer(text):
            yield f"{path}:{line_of(text, place)}: '{place[0]}...' is of one machine; make it relative"


def anchors(markdown):
    titles = re.findall(r"^#+ +(.+?) *$", markdown, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links_lead_somewhere(files, root):
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for link in LINK.finditer(re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)):
            target, _, anchor = (link[1] or link[2]).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            found = (root / path).parent / target if target else root / path
            if not found.exists():
                yield f"{path}:{line_of(text, link)}: the link to {target} leads nowhere"
            elif anchor and found.suffix == ".md" and anchor not in anchors(found.read_text(encoding="utf-8")):
                yield f"{path}:{line_of(text, link)}: {target or path} has no heading #{anchor}"


def the_host_names_no_plugin(files):
    """Whatever the host says or decides about plugins it asks of them: no name of a shipped one stands in its strings."""
    shipped = {Path(path).stem for path in files if re.match(r"plugins/\w+/\w+\.cpp$", path)}
    words = "|".join(sorted(shipped - OTHER_MEANINGS))
    kinds = "encoder|decoder|prior|likelihood|objective"
    named = re.compile(rf"(?<!\w)(?:{words or '(?!)'})(?!\w|\()|(?:{kinds}):(?:{'|'.join(sorted(shipped)) or '(?!)'})(?!\w)")
    for path, text in files.items():
        if not path.startswith("framework/") or path.startswith("framework/sdk/") or not path.endswith((".cpp", ".hpp", ".js")):
            continue
        for literal in (SCRIPT_LITERAL if path.endswith(".js") else LITERAL).finditer(text):
            content = next((group for group in literal.groups() if group), "")
            if found := named.search(content):
                yield (f"{path}:{line_of(text, literal)}: the host names the plugin {found[0]}; ask the plugins for what it is about "
                       "(docs/writing-a-likelihood.md, traits)")


def promises_are_tested(files):
    """Each row of docs/promises.md names tests in backquotes: `Suite.Test`, or `Suite.*` for all of a suite."""
    tests = {f"{suite}.{name}" for path, text in files.items() if path.startswith("tests/") and is_cpp(path)
             for suite, name in TEST.findall(text)}
    for path, text in files.items():
        if path != "docs/promises.md":
            continue
        for row in re.finditer(r"^\|.*\|$", text, re.M):
            proof = row[0].strip("|").split("|")[-1]
            names = re.findall(r"`(\w+\.[\w*]+)`", proof)
            if not names and proof.strip() != "Test" and not re.fullmatch(r"[ :-]+", proof):
                yield f"{path}:{line_of(text, row)}: a promise without a test"
            for name in names:
                if not any(name == test or name.endswith(".*") and test.startswith(name[:-1]) for test in tests):
                    yield f"{path}:{line_of(text, row)}: there is no test {name}"


def line_of(text, match):
    return text.count("\n", 0, match.start()) + 1


def breaches(root):
    files = dict(text_files(root))
    rules = [front_side_is_free_of_torch, includes_follow_the_way, the_map_is_the_order_of_dependence, data_are_loaded_as_planned, files_are_short, headers_guard_themselves,
             nothing_is_left_unfinished, no_machine_is_named, the_host_names_no_plugin, promises_are_tested]
    return [b for rule in rules for b in rule(files)] + list(links_lead_somewhere(files, root))


if __name__ == "__main__":
    found = breaches(Path(sys.argv[1]).resolve())
    print("\n".join(found) or "all rules hold")
    sys.exit(bool(found))
