package dev.whetstone.preference;

/** A vote as cast: by which key and user, on which pair. */
public record Ballot(
    String preferenceId, String pairId, String keyId, String user, Choice choice) {}
