package dev.whetstone.preference.feedback;

/** What a voter thought of a single answer. */
public enum Rating {
  UP,
  DOWN
}
