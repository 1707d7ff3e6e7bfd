package dev.whetstone.policy;

import org.jspecify.annotations.Nullable;

/**
 * Who changes something and why.
 *
 * @param actor id of a key, or the name of the part that decides by itself
 */
public record ChangeContext(String actor, @Nullable String reason) {}
