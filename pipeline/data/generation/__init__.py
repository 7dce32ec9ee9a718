"""MovieLens-like data of any size: ``lake generate``.

`size` says how many people and films there are, `films` and `people` who they are, `ratings` who
rates what, when and how, and `folder` writes it all, block by block.
"""

from pipeline.data.generation.folder import Generated, generate_folder
from pipeline.data.generation.size import Size, parse_size

__all__ = ["Generated", "Size", "generate_folder", "parse_size"]
