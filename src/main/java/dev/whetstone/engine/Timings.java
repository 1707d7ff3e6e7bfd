package dev.whetstone.engine;

import java.time.Duration;

/**
 * How long a request spent in each stage.
 *
 * @param queued from submission until its first prompt chunk
 * @param prefill from there until every branch has its first token
 * @param decode from there to the end
 * @param cachedTokens prompt tokens taken from the prefix cache instead of being computed, over all
 *     prefills of the request
 */
public record Timings(Duration queued, Duration prefill, Duration decode, int cachedTokens) {}
