from microcosm_sqlite.sources.documents import Documents, Form


def test_objects_are_batched_with_those_that_hold_the_same() -> None:
    """One by one or together, the batches are the same."""
    documents = Documents("rows", Form.ARRAY)
    data = b'[{"a": 1}, {"a": 2}, {"b": 3}]'

    batches = list(documents.batches(data, range(4, 7), ()))

    assert [(batch.header, list(batch.lines), batch.rows) for batch in batches] == [
        (("a",), [4, 5], [(1,), (2,)]),
        (("b",), [6], [(3,)]),
    ]
    (same,) = documents.batches(b'[{"b": 4}]', range(7, 8), [(7, b'{"b": 4}')])
    assert (same.header, same.lines, same.rows) == (("b",), range(7, 8), [(4,)])


def test_what_is_no_object_is_told_beside_those_that_are() -> None:
    """Each with its number, its text and a reason."""
    lines = [b'{"a": 1}', b"{a: 1}", b"null", b"[" * 5000]

    told, read = Documents("rows", Form.LINES).batches(b"\n".join(lines), range(1, 5), enumerate(lines, 1))

    assert (read.lines, read.rows) == ([1], [(1,)])
    assert told.count == len(told.unread) == 3
    assert [(problem.line, problem.reason) for problem in told.unread] == [
        (2, "is no JSON object: object keys must be strings (byte 1)"),
        (3, "is no JSON object but of type null"),
        (4, "is no JSON object but of type array"),
    ]
