"""Writing codebooks: one draft of the next version, changed step by step, published, and compared.

`drafts` say what is shown and what somebody started from; `changing` and `reshaping` change the draft,
`publishing` ends it; `comparing` and `affected` say what a new version means for what was read by an old one;
`flags` are what people who resolved conflicts want the codebook to say.
"""

from classify.codebook_editing.affected import ChangedCategory, ToLookAt, changed_categories, to_look_at
from classify.codebook_editing.changing import (
    add_category,
    change_category,
    move_category,
    move_rule,
    save_rule,
    set_title,
)
from classify.codebook_editing.comparing import (
    Comparison,
    changes_of,
    compare,
    compare_versions,
    compare_with_file,
)
from classify.codebook_editing.drafts import (
    Stale,
    current_version,
    mark_of,
    mark_of_category,
    mark_of_rule,
    mark_of_title,
)
from classify.codebook_editing.flags import set_flag_aside
from classify.codebook_editing.publishing import (
    create_codebook,
    discard_draft,
    import_version,
    publish_draft,
)
from classify.codebook_editing.reshaping import (
    MAX_PARTS,
    Archived,
    archive_category,
    archived_categories,
    merge_category,
    merged_into,
    restore_category,
    split_category,
)

__all__ = [
    "MAX_PARTS",
    "Archived",
    "ChangedCategory",
    "Comparison",
    "Stale",
    "ToLookAt",
    "add_category",
    "archive_category",
    "archived_categories",
    "change_category",
    "changed_categories",
    "changes_of",
    "compare",
    "compare_versions",
    "compare_with_file",
    "create_codebook",
    "current_version",
    "discard_draft",
    "import_version",
    "mark_of",
    "mark_of_category",
    "mark_of_rule",
    "mark_of_title",
    "merge_category",
    "merged_into",
    "move_category",
    "move_rule",
    "publish_draft",
    "restore_category",
    "save_rule",
    "set_flag_aside",
    "set_title",
    "split_category",
    "to_look_at",
]
