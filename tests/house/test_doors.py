"""A room is entered through its doors; everything else in it is private."""

import grimp

FOUNDATIONS = {"shared", "ui", "config"}
DOORS = {"models", "queries", "services", "books", "fields", "testing", "trees"}
BY_NAME = {"room", "measures", "registers", "listings", "search", "context", "middleware"}


def test_rooms_are_entered_by_their_doors():
    graph = grimp.build_graph("gongzhi", cache_dir=None)
    trespasses = []
    for importer in graph.modules:
        if ".tests" in importer:
            continue
        ours = importer.split(".")[1] if "." in importer else ""
        for imported in graph.find_modules_directly_imported_by(importer):
            _, theirs, *inside = imported.split(".")
            if theirs in FOUNDATIONS | {ours} or not inside:
                continue
            if inside[0] not in DOORS:
                trespasses.append(f"{importer} → {imported}")
            if inside[0] == "testing" and ours != "demo" and not importer.endswith("testing"):
                trespasses.append(f"{importer} → {imported}")
    assert not trespasses
