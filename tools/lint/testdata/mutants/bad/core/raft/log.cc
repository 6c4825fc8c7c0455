if (!GRAPHDB_MUTANT("rule-L3.poison")) Poison();
if (GRAPHDB_MUTANT("rule-L3.unlisted")) return;
if (GRAPHDB_MUTANT("Bad Name")) return;
