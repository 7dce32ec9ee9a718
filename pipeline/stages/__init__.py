"""The lake's stages in order; each module is one stage."""

from pipeline.stages.base import Result, Stage, Work
from pipeline.stages.catalog import Catalog
from pipeline.stages.deploy import Deploy
from pipeline.stages.full_load import FullLoad
from pipeline.stages.land import Land
from pipeline.stages.recommend import Recommend
from pipeline.stages.stream import Stream
from pipeline.stages.train import Train
from pipeline.stages.transform import Transform

__all__ = ["STAGES", "Result", "Stage", "Work"]

STAGES: tuple[Stage, ...] = (
    Land(),
    FullLoad(),
    Stream(),
    Catalog(),
    Transform(),
    Train(),
    Deploy(),
    Recommend(),
)
"""Every stage comes after those it needs."""
