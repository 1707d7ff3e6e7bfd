package dev.whetstone.engine;

import java.time.Duration;

/**
 * The engine at the end of a step. Counts are totals since the start unless they say "now".
 *
 * @param running sequences decoding now
 * @param prefilling prompts or texts being computed now
 * @param queued requests waiting now
 * @param queuedTokens their prompt tokens
 * @param adapted sequences decoding with an adapter now
 * @param adapters versions with an adapter that are loaded now
 * @param slots maximum sequences that can decode at once
 * @param steps steps of the scheduler
 * @param decodedTokens tokens sampled
 * @param prefilledTokens prompt and scored tokens computed
 * @param cachedTokens prompt tokens taken from the prefix cache
 * @param cacheBytes bytes of KV in the prefix cache now
 * @param firstTokens requests that got their first token
 * @param firstTokenTime their total time from submission to it
 * @param finished requests that have ended, whatever the reason
 * @param failed model runs that threw
 * @param resamples resamplings of completions that equalled their sibling
 * @param lastStep duration of the last step
 * @param modelTime total time inside the model runner
 * @param samplerTime total time inside the sampler
 */
public record EngineStatistics(
    int running,
    int prefilling,
    int queued,
    int queuedTokens,
    int adapted,
    int adapters,
    int slots,
    long steps,
    long decodedTokens,
    long prefilledTokens,
    long cachedTokens,
    long cacheBytes,
    long firstTokens,
    Duration firstTokenTime,
    long finished,
    long failed,
    long resamples,
    Duration lastStep,
    Duration modelTime,
    Duration samplerTime) {}
