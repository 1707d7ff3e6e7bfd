/**
 * What all routes share: problems, paging, parameters, streams, limits, idempotency and the request
 * log.
 */
@NullMarked
package dev.whetstone.gateway.http;

import org.jspecify.annotations.NullMarked;
