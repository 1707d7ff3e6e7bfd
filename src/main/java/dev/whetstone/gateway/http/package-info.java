/**
 * What all routes share: problem details (RFC 9457), body and parameter reading, paging, event
 * streams, rate limits, idempotency keys and the request log. Begin with {@link ProblemException}.
 * Everything here is thread-safe; {@code EventStream} hands text from the engine's thread to a
 * response's thread. Owns no tables: {@code idempotency_keys} belongs to {@code database}.
 */
@NullMarked
package dev.whetstone.gateway.http;

import org.jspecify.annotations.NullMarked;
