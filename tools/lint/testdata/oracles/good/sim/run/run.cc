// A fixture.
Violation Sum() { return Violation{"sum", "7"}; }
Violation Lost() { return Violation{absl::StrCat("ledger.", name_), "7"}; }
