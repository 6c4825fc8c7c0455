int   x  ;
