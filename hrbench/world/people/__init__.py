"""People in rooms: COCO, MPII, CrowdPose."""
