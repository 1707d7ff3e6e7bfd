/** Training runs as the cluster knows them: rows, statuses and progress. */
@NullMarked
package dev.whetstone.training;

import org.jspecify.annotations.NullMarked;
