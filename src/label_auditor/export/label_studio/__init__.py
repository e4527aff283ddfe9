"""Label Studio: tasks and a labelling configuration in files, or to and from its servers."""

from label_auditor.export.label_studio.send import push_to_label_studio, to_label_studio

__all__ = ["push_to_label_studio", "to_label_studio"]
