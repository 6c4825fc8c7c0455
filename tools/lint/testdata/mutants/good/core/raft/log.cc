// An example: GRAPHDB_MUTANT("rule-T3.floor")
if (!GRAPHDB_MUTANT("rule-L3.poison")) Poison();
