// A fixture.
void Step() { GRAPHDB_COVER("raft.rare"); }
