"""Judgements: what role each voter holds, as read by two people on their own.

The life of a case: waiting -> one decision -> agreed, or conflict -> resolved. Decisions are rows
that stay; `status.py` alone says where a case stands; `visibility.py` alone says who may see what.
"""
