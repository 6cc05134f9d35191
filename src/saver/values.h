// Between the variables of a session and the files of a checkpoint.
#pragma once

#include <string>

#include "saver/saver_plan.h"
#include "tenon/session.h"

namespace tenon {

// Writes the values; returns the number of data files. Throws FailedPrecondition naming all variables without a value,
// and the errors of the bundle writer. Nothing is left behind then.
int save_values(Session& session, const SavePlan& plan, const std::string& prefix);

// Reads everything, checks it all, and only then changes variables.
void restore_variables(Session& session, const RestorePlan& plan, const std::string& prefix);

}  // namespace tenon
