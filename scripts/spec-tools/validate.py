"""Runs openapi-spec-validator-rs over files; prints one JSON line {file, path, message} per error."""

import json
import sys

from openapi_spec_validator_rs import OpenAPIV30SpecValidator, OpenAPISpecValidatorError
from openapi_spec_validator_rs.readers import read_from_filename

for file in sys.argv[1:]:
    document, _ = read_from_filename(file)
    try:
        errors = [(list(error.absolute_path), error.message) for error in
                  OpenAPIV30SpecValidator(document).iter_errors()]
    except OpenAPISpecValidatorError as error:  # a failure that ends the validation, such as a dangling $ref
        errors = [([], str(error))]
    for path, message in errors:
        print(json.dumps({"file": file, "path": path, "message": message}))
