// A fixture.
Violation Sum() { return Violation{"sum", "7"}; }
bool Unlisted() { return Fail("unlisted", "7"); }
