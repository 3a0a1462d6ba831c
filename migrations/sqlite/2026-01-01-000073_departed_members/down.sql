DROP TABLE departed_members;
