"""Made-up landlords: the sample that the demo runs, and records rebuilt from published counts."""

from pipelines.sample.generator import SampleSpec, write_sample
from pipelines.sample.reconstruct import Published, PublishedSurvey, write_reconstruction

__all__ = ["Published", "PublishedSurvey", "SampleSpec", "write_reconstruction", "write_sample"]
