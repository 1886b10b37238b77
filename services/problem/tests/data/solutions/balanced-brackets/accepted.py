CLOSER = {"(": ")", "[": "]", "{": "}"}


def is_balanced(text: str) -> bool:
    expected: list[str] = []
    for bracket in text:
        if bracket in CLOSER:
            expected.append(CLOSER[bracket])
        elif not expected or expected.pop() != bracket:
            return False
    return not expected
