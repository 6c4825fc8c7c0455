// A fixture.
void Step() {
  GRAPHDB_COVER("raft.rare");
  GRAPHDB_COVER("raft.unlisted");
}
