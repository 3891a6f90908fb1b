"""COCO's annotations, and those like them: CrowdPose, AI Challenger, one's own."""
