"""How personal values look to those who have not asked for them, logged, in full."""


def mask_phone(phone: str) -> str:
    """138****1234; short numbers keep their last two digits."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"****{phone[-2:]}"


def mask_id(number: str) -> str:
    """37*************12X: the ends of an ID number; shorter papers, such as passports, keep at most a third, at the end."""
    head = number[:2] if len(number) >= 15 else ""
    tail = number[len(number) - min(3, len(number) // 3) :]
    return head + "*" * (len(number) - len(head) - len(tail)) + tail


def mask_name(name: str) -> str:
    """The family name and how many characters follow: 王** for 王小明 (notices, lists read by others)."""
    return name[:1] + "*" * (len(name) - 1)
