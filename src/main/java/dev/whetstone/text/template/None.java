package dev.whetstone.text.template;

/** Python's None. */
enum None {
  NONE
}
