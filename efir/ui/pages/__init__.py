"""The pages, one file each: functions from what there is to tell to HTML. They read nothing and know no server."""
