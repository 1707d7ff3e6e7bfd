package dev.whetstone.preference.feedback;

import dev.whetstone.preference.Pair;
import dev.whetstone.preference.Side;
import java.time.Instant;

/**
 * A single answer, as it was given to a user.
 *
 * @param completionId id that the answer has in its response
 * @param keyId the key of the request
 * @param user the user that the request named; the key's id where it named none
 * @param answer what the policy wrote
 * @param baseHash hash of the base that the version adapts
 * @param sampling settings as a JSON object
 */
public record KeptAnswer(
    String completionId,
    String keyId,
    String user,
    Pair.Prompt prompt,
    Side answer,
    String baseHash,
    String sampling,
    Instant createdAt) {}
