#!/usr/bin/env python3
"""The house rules that a program can check: rules.py ROOT prints each breach and exits with 1 if there is one."""
import re
import sys
from pathlib import Path

FRONT = ["base", "metrics", "hdf5", "experiment", "plan", "plugins", "data", "observation", "log", "report", "exports", "launch", "page", "cli"]
# Where a library's C functions, and the system's for new processes, may be called: one layer gives each its guarantees.
WRAPPED = {"hdf5.h": "framework/hdf5/", "hdf5_hl.h": "framework/hdf5/", "zip.h": "framework/base/", "png.h": "framework/base/", "jpeglib.h": "framework/base/",
           "spawn.h": "framework/base/process", "sys/prctl.h": "framework/base/process"}
VERSIONS = {"framework/cli/verbs.cpp", "framework/log/provenance.cpp"}  # say which libraries there are
NEW_PROCESS = re.compile(r"(?<![\w.>])(?:fork|vfork|popen|system|posix_spawnp?)\(")
UNPLANNED = {"framework/cli/verbs/data.cpp", "framework/cli/data_info.cpp"}  # look at data of which no plan speaks
LINES = 320
FILES = 28  # sources of a folder
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
        if is_cpp(path) and any(path.startswith(f"framework/{folder}/") for folder in FRONT):
            if chain := way_to_torch(path, files, set()):
                yield f"{path}: the front's side includes torch: {' -> '.join(chain)}"


def libraries(files):
    """The folders of framework/ in the order of its CMakeLists.txt."""
    named = re.findall(r"^(?:elbo_library\((?=\w)|file\(GLOB(?:_RECURSE)? )(\w+)", files.get("framework/CMakeLists.txt", ""), re.M)
    return [name for name in named if any(path.startswith(f"framework/{name}/") for path in files)]


def links(files):
    """Of each folder of framework/ those whose libraries its own library links, directly or through others."""
    way, direct = libraries(files), {}
    for name, text in re.findall(r"^(?:elbo_library|target_link_libraries)\((?:elbo_)?(\w+)([^)]*)\)", files.get("framework/CMakeLists.txt", ""), re.M):
        direct.setdefault(name, set()).update(other for other in re.findall(r"elbo_(\w+)", text) if other in way)

    def reach(name, seen):
        for other in direct.get(name, set()) - seen:
            reach(other, seen | {other})
            seen |= {other} | reach(other, seen)
        return seen
    return {name: reach(name, set()) for name in way}


def the_map_is_the_order_of_dependence(files):
    """CONTRIBUTING lists the folders of framework/ in CMake's order, in which each library links only those before it."""
    way = libraries(files)
    for name, others in links(files).items():
        for other in others:
            if way.index(other) > way.index(name):
                yield f"framework/CMakeLists.txt: {name} links {other}, which comes after it"
    row = re.search(r"^\| `framework/` \|.*$", files.get("CONTRIBUTING.md", ""), re.M)
    named = row and [name for name in re.findall(r"`(\w+)`", row[0]) if name in way]
    if row and named != way:
        yield f"CONTRIBUTING.md:{line_of(files['CONTRIBUTING.md'], row)}: the map names {', '.join(named)}; expected the order of CMake: {', '.join(way)}"


def includes_follow_the_links(files):
    """A folder includes from those whose libraries its own links: the order of dependence is that of CMake."""
    way, linked = libraries(files), links(files)
    for path in files:
        parts = path.split("/")
        if not is_cpp(path) or parts[0] != "framework" or parts[1] not in way:
            continue
        for name in INCLUDE.findall(files[path]):
            folder = name.partition("/")[0]
            if folder in way and folder != parts[1] and folder not in linked[parts[1]]:
                yield f"{path}: includes {name}, and the library of {parts[1]} does not link that of {folder}"


def no_two_files_include_each_other(files):
    """A header with its source is one file here: where two of them need each other, they are one concept or have a third in common."""
    unit = lambda path: re.sub(r"\.[ch]pp$", "", path)
    needs = {}
    for path in files:
        if is_cpp(path) and path.startswith("framework/") and not path.startswith("framework/sdk/"):
            needs.setdefault(unit(path), set()).update(unit(f"framework/{name}") for name in INCLUDE.findall(files[path]))
    for one, others in needs.items():
        for other in others:
            if one < other and one in needs.get(other, ()):
                yield f"{one}: includes {other}, which includes it; merge them, or move what both need"


def installed_headers_are_for_authors(files):
    """What is installed is what elbo/sdk.hpp brings or names; it stands alone, and the host's own headers lie in framework/sdk/src."""
    folder = "framework/sdk/include/"
    entry = f"{folder}elbo/sdk.hpp"
    if entry not in files:
        return
    brought, ahead = {entry}, [entry]
    while ahead:
        text = files[ahead.pop()]
        for name in re.findall(r"elbo/\w+\.hpp", text):
            if (path := folder + name) in files and path not in brought:
                brought.add(path)
                ahead.append(path)
    for path in files:
        if not path.startswith(folder):
            continue
        if path not in brought:
            yield f"{path}: elbo/sdk.hpp does not bring it, so that no plugin's author meets it; move what is the host's own to framework/sdk/src"
        for line in re.findall(r'^\s*#\s*include\s*("[^"]*"|<(?:sdk|src)/[^>]*>)', files[path], re.M):
            yield f"{path}: includes {line}, which is not installed; expected <elbo/...>, libtorch's or the standard library's"


def libraries_are_called_in_one_place(files):
    for path, text in files.items():
        if not is_cpp(path) or not path.startswith("framework/") or path in VERSIONS:
            continue
        for name in INCLUDE.findall(text):
            if name in WRAPPED and not path.startswith(WRAPPED[name]):
                yield f"{path}: includes {name}; expected that in {WRAPPED[name]} only"
        if not path.startswith(("framework/base/process", "framework/sdk/")):
            for call in NEW_PROCESS.finditer(text):
                yield f"{path}:{line_of(text, call)}: {call[0]}...: processes are started by base/process"


def data_are_loaded_as_planned(files):
    """A new program that loads the data of a run cannot forget to prove that they are the plan's."""
    for path, text in files.items():
        if path.startswith("framework/") and not path.startswith("framework/data/") and path not in UNPLANNED:
            for call in re.finditer(r"\bdata::(?:load\(|load_by_rows\(|read_verified\()", text):
                yield f"{path}:{line_of(text, call)}: {call[0]}...: the data of a run are loaded by data::load_planned"


def files_are_short(files):
    for path, text in files.items():
        if path.startswith(("framework/", "plugins/")) and (lines := text.count("\n")) > LINES:
            yield f"{path}: {lines} lines; split it at {LINES}"


def the_host_stays_in_its_namespace(files):
    """Authors of plugins see the SDK in elbo, and nothing of the host: that is in elbo::host."""
    opened = re.compile(r"^[ \t]*(?:inline )?namespace (elbo(?:::\w+)*)\s*\{", re.M)
    for path, text in files.items():
        if is_cpp(path) and path.startswith("framework/") and not path.startswith("framework/sdk/"):
            for name in opened.finditer(text):
                if not re.match(r"elbo::host\b", name[1]):
                    yield f"{path}:{line_of(text, name)}: opens namespace {name[1]}; what is the host's is in elbo::host"


def folders_are_small(files):
    count = {}
    for path in files:
        if path.startswith("framework/") and path.endswith((".cpp", ".hpp", ".cu", ".js")):
            count.setdefault(path.rpartition("/")[0], []).append(path)
    for folder, inside in count.items():
        if len(inside) > FILES:
            yield f"{folder}: {len(inside)} sources; make subfolders by concept at {FILES}"


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
    rules = [front_side_is_free_of_torch, includes_follow_the_links, no_two_files_include_each_other, installed_headers_are_for_authors, libraries_are_called_in_one_place, the_map_is_the_order_of_dependence, data_are_loaded_as_planned, the_host_stays_in_its_namespace, files_are_short, folders_are_small, headers_guard_themselves,
             nothing_is_left_unfinished, no_machine_is_named, the_host_names_no_plugin, promises_are_tested]
    return [b for rule in rules for b in rule(files)] + list(links_lead_somewhere(files, root))


if __name__ == "__main__":
    found = breaches(Path(sys.argv[1]).resolve())
    print("\n".join(found) or "all rules hold")
    sys.exit(bool(found))
