package dev.whetstone.training;

import java.time.Instant;

/**
 * What a run reported after a step.
 *
 * @param metrics a JSON object by TRL's names
 */
public record RunProgress(int step, Instant at, String metrics) {}
