// FIXME: later
// TODO: no issue
// see /root/notes and /home/anna/x
// this session decided
