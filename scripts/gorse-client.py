"""Every call of gorse's Python client, in both of its classes, against the server at MARQUEE_URL; see gorse-client."""

import asyncio
import inspect
import os

from gorse import AsyncGorse, Gorse, GorseException, Score

URL = os.environ["MARQUEE_URL"]
TIME = "2024-02-02T20:20:02Z"
called = set()


class Recorder:
    """Passes calls on, and notes which; what is awaited is run to its end."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        called.add(name)
        method = getattr(self.client, name)

        def call(*arguments, **named):
            answer = method(*arguments, **named)
            return asyncio.run(answer) if inspect.isawaitable(answer) else answer

        return call


def expect(condition, message):
    if not condition:
        raise SystemExit(f"gorse-client: {message}")


def is_gone(call, *arguments):
    try:
        call(*arguments)
    except GorseException as error:
        return error.status_code == 404
    return False


def item(number, **fields):
    return {
        "ItemId": f"item-{number}",
        "IsHidden": False,
        "Labels": {"tags": ["a", "b"], "year": 1990 + number},
        "Categories": ["film", "even" if number % 2 == 0 else "odd"],
        "Timestamp": TIME,
        "Comment": f"Film {number}",
    } | fields


def drive(client, name):
    # Items.
    for number in range(12):
        expect(client.insert_item(item(number)) == {"RowAffected": 1}, "insert_item")
    expect(client.get_item("item-3") == item(3), "get_item")
    page, cursor = client.get_items(7)
    rest, end = client.get_items(7, cursor)
    expect(len(page) == 7 and cursor and len(rest) == 5 and end == "", "get_items")
    expect(client.update_item("item-3", labels=["x"], is_hidden=False)["RowAffected"] == 1, "update_item")
    expect(client.get_item("item-3") == item(3, Labels=["x"]), "update_item keeps what is not given")
    expect([found["ItemId"] for found in client.search_items("FILM 11")] == ["item-11"], "search_items")
    client.insert_item(item(99))
    expect(client.delete_item("item-99")["RowAffected"] == 1, "delete_item")
    expect(is_gone(client.get_item, "item-99"), "get_item of a deleted one")

    # Users.
    bob, ann = f"bob-{name}", f"ann-{name}"
    user = {"UserId": bob, "Labels": {"gender": "M", "age": 24}, "Comment": "my user"}
    expect(client.insert_user(user)["RowAffected"] == 1, "insert_user")
    expect(client.insert_users([{"UserId": ann}, {"UserId": f"cy-{name}"}])["RowAffected"] == 2, "insert_users")
    expect(client.get_user(bob) == user, "get_user")
    users, _ = client.get_users(100)
    expect({bob, ann} <= {one["UserId"] for one in users}, "get_users")

    # Feedback.
    expect(client.insert_feedback("like", bob, "item-0", TIME)["RowAffected"] == 1, "insert_feedback")
    rows = [
        {"FeedbackType": "read", "UserId": bob, "ItemId": f"item-{k}", "Timestamp": TIME, "Comment": "", "Value": 0}
        for k in (1, 2)
    ]
    expect(client.insert_feedbacks(rows)["RowAffected"] == 2, "insert_feedbacks")
    expect(client.insert_feedbacks(rows)["RowAffected"] == 0, "insert_feedbacks again")
    expect(client.list_feedbacks("read", bob) == rows, "list_feedbacks")
    feedback, cursor = client.get_feedbacks(2)
    expect(len(feedback) == 2 and cursor, "get_feedbacks")
    expect(client.delete_feedback(bob, "item-1")["RowAffected"] == 1, "delete_feedback")
    expect(client.list_feedbacks("read", bob) == rows[1:], "list_feedbacks after delete_feedback")

    # Recommendations.
    best = client.get_recommend(bob, n=5)
    expect(len(best) == 5 and all(isinstance(one, Score) for one in best), "get_recommend")
    expect("item-1" in {one.id for one in client.get_recommend(bob, n=12)}, "what was taken back is recommended")
    odd = {one.id for one in client.get_recommend(bob, category="odd", n=12)}
    expect(odd and all(int(one.split("-")[1]) % 2 for one in odd), "get_recommend of a category")
    seen = {one.id for one in client.get_recommend(ann, n=4, write_back_type="read")}
    after = {one["ItemId"] for one in client.list_feedbacks("read", ann)}
    expect(len(seen) == 4 and seen == after, "get_recommend writes back")
    session = client.session_recommend(
        [{"FeedbackType": "like", "UserId": "0", "ItemId": "item-0", "Timestamp": "2010-01-01T01:01:01.000001"}], n=3
    )
    expect(len(session) == 3 and "item-0" not in {one["Id"] for one in session}, "session_recommend")
    expect(len(client.get_neighbors("item-0", n=3)) == 3, "get_neighbors")

    expect(client.delete_user(bob)["RowAffected"] == 1, "delete_user")
    expect(is_gone(client.get_user, bob), "get_user of a deleted one")
    expect(client.list_feedbacks("read", bob) == [], "delete_user takes the feedback along")


for kind in (Gorse, AsyncGorse):
    drive(Recorder(kind(URL, "key")), kind.__name__)
    methods = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
    expect(methods == called, f"never called: {methods - called}")
    print(f"{kind.__name__}: {len(called)} calls work")
    called.clear()
