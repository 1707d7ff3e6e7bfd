package dev.whetstone.training;

import java.time.Instant;

/**
 * The report of a run after a step.
 *
 * @param metrics a JSON object with TRL's names
 */
public record RunProgress(int step, Instant at, String metrics) {}
