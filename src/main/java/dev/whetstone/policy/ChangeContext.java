package dev.whetstone.policy;

import org.jspecify.annotations.Nullable;

/**
 * Who makes a change, and why.
 *
 * @param actor id of a key, or name of the component that decides on its own
 */
public record ChangeContext(String actor, @Nullable String reason) {}
