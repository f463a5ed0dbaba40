# Predictions from systemfit: right sides with their standard errors. Run from the repository root:
#
#     Rscript tests/reference/systemfit_predict.R
#
# It writes systemfit_predict.json: for each method and equation fit, se.fit and se.pred on the sample's rows.

suppressMessages({
  library(systemfit)
  library(jsonlite)
})

klein <- subset(read.csv("src/simeq/datasets/klein.csv"), year != 1920)
equations <- list(
  consumption = consump ~ corpProf + corpProfLag + wages,
  investment = invest ~ corpProf + corpProfLag + capitalLag,
  wages = privWage ~ gnp + gnpLag + trend
)
instruments <- ~ govExp + taxes + govWage + trend + capitalLag + corpProfLag + gnpLag

cases <- lapply(c("OLS", "SUR", "2SLS", "3SLS"), function(method) {
  inst <- if (method %in% c("2SLS", "3SLS")) instruments else NULL
  fit <- systemfit(equations, method = method, inst = inst, data = klein)
  found <- predict(fit, se.fit = TRUE, se.pred = TRUE)
  columns <- lapply(names(equations), function(label) list(
    fit = found[[paste0(label, ".pred")]],
    se_fit = found[[paste0(label, ".se.fit")]],
    se_pred = found[[paste0(label, ".se.pred")]]
  ))
  list(method = tolower(method), equations = setNames(columns, names(equations)))
})

write_json(
  list(program = paste("systemfit", packageVersion("systemfit")), r = R.version.string, cases = cases),
  "tests/reference/systemfit_predict.json", auto_unbox = TRUE, digits = NA
)
